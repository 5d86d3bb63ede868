"""Pages that people see: answers of the API, shown. They have no rights of their own."""
