"""The package that holds the private names of stored modules."""

import subprocess
import sys

import pytest


def test_it_is_empty_until_a_run_is_opened():
    import forge._runs

    assert forge._runs.__path__ == []
    with pytest.raises(ModuleNotFoundError, match="is not open"):
        import forge._runs.r0123456789.model


def test_importing_forge_does_not_import_it():
    code = "import forge, sys; print([n for n in sys.modules if 'rebuild' in n])"
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
