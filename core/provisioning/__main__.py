"""`python -m provisioning`: the same as the `provisioning` command."""

from provisioning.cli.__main__ import main

if __name__ == "__main__":
    main()
