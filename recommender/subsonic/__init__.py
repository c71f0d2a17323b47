"""Music servers that speak OpenSubsonic: the owner's for all, and visitors' own for themselves."""
