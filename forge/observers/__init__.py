"""Events of a run and those who receive them."""
