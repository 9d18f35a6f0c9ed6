"""HTTP in, one service call, HTML or JSON out."""
