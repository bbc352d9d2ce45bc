"""Variables saved at a step, and put back."""
