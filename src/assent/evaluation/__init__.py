"""How often a search is wrong: error rates, calibration and the figures that a pack must show."""
