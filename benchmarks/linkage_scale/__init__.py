"""How linking grows: the example region's records in any number, linked whole and again with a hundredth more."""
