"""The only loops, clocks, sockets and disks: coordinate, work, convert."""
