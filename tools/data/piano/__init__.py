"""Music for two hands, played by simulated pianists from lead sheets and songs made up."""
