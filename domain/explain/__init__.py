"""What people are told: figures explained, messages, calls for help, languages."""
