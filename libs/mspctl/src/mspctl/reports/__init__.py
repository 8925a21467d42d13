"""Reports: asked for, waited for, written to files, and made again and again."""
