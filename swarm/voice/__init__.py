"""Engine cards, engines, and the child process that hosts one."""
