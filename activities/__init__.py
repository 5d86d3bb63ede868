"""The activities of a refund, one file per thing touched, each `do` directly above its `undo`."""
