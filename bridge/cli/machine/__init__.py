"""Commands about this machine: ports, monitor, clock, mappings, doctor."""
