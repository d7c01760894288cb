"""The terminal screen: draws Snapshots, sends Commands."""
