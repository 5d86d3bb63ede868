"""Deterministic simulation: the real workflow class through seeded schedules, against a model of the world outside."""
