"""The machine under it all: disks, locks, child processes, signals, capacity, and figures as people read them. In come
paths and processes; out go the differences between systems, hidden, and faults in words that a user can act on."""
