"""What goes wrong on purpose: processes that are killed, streams that are cut."""
