"""The emergencies room: tables that an agreement leaves out, for two weeks, granted by a region and the head."""
