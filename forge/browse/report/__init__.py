"""Runs on one page of HTML that needs no network, no script and no Forge."""
