"""One module, one thing that a person can ask for; services own the transactions and read the clock."""
