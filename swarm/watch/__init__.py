"""Progress, status and reports. Read-only: nothing here decides anything."""
