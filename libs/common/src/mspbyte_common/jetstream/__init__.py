"""NATS JetStream: topology, announcements, the consume loop."""
