"""What the columns of a table mean: by the words of their headers and their neighbours, checked against their values."""
