"""What several test rooms share: a database for each test, and factories."""
