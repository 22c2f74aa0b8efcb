"""The demonstration: a fictional clinic on one machine, analysed for real."""
