"""What protects the panel in the browser and leaves a trace: headers, security events, access events, locked logs."""
