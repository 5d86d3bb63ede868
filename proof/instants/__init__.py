"""Two words in one instant, a thousand times: exactly one wins, and both answers are true."""
