"""Programs that show makewhole at work, over HTTP like any merchant's back end."""
