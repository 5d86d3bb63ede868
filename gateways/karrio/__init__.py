"""Carriers by karrio, a library that speaks many carriers' interfaces; it is an extra of its own (LGPL-3.0)."""
