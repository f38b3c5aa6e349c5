CREATE INDEX `log_transitions` ON `log` (`job_id`,`cursor`) WHERE kind <> 'chunk';--> statement-breakpoint
CREATE INDEX `log_committed` ON `log` (`job_id`,`partition`) WHERE kind = 'committed';