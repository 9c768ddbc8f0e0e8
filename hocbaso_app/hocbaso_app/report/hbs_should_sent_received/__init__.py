"""HBS Should Sent Received."""
