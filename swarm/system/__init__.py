"""The machine under it all: disks, locks, children, signals."""
