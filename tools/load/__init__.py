"""`make load`: a database as years of a busy service would leave it, made in minutes from a few real refunds."""
