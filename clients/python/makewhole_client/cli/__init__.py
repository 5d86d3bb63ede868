"""The command line `makewhole`, on the client: needs `makewhole-client[cli]`."""
