package mail

// SMTPWithin lets tests wait less long for a server that hangs.
var SMTPWithin = smtpWithin
