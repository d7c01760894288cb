"""The computer keyboard: its layouts, and a terminal's reports of keys that go up."""
