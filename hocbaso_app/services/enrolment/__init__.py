"""How a signer's certificate gets into use: read, checked, tried with a real signature, approved, renewed in time."""
