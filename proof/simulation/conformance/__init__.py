"""The same schedules with the real activities on a real Postgres: does the model tell the truth?"""
