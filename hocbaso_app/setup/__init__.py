"""What a site gets beside its DocTypes: roles, workflow, language. Everything here may run twice."""
