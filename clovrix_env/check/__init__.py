"""What ``clovrix-env check`` finds: contract, files and code, and nothing is started."""
