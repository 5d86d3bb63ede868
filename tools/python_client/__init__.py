"""Write the Python client out of the published document, and its blocking half out of its async one."""
