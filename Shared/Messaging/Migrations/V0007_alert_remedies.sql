-- What to do about an alert, in a sentence for whoever is called.
ALTER TABLE alerts ADD COLUMN remedy text NOT NULL DEFAULT '';
