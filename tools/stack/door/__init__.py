"""The door in front of the embedded Temporal, which takes no credentials itself: keys with roles."""
