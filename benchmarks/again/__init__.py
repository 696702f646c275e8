"""How little a run takes again: nothing new, and one new file of 1 %."""
