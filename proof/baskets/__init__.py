"""`make baskets`: baskets of two real shops become orders and come back, whole and in every kind of parts."""
