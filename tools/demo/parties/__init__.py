"""The parties of the second act that nobody here wrote: a Stripe, a mail server; and a shop that knows the client."""
