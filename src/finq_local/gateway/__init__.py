"""What free emulators lack: REST with the Cognito authorizer, WebSocket, Lambda invoke and Lambda Runtime API."""
