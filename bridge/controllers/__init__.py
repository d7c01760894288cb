"""Controllers: the catalog of targets, bindings, learn, feedback, mapping files."""
