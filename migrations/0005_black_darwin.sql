ALTER TABLE `nodes` ADD `problem_code` text;--> statement-breakpoint
ALTER TABLE `nodes` ADD `problem_hint` text;