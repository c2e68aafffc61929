// Every code that the host gives, each once; docs/spec/errors.md lists them. A code never changes its meaning.

/** The codes of the host, `REACH-E30xx` to `REACH-E42xx`, by what they say. */
export const hostCode = {
  // 30xx the run
  /** The run was interrupted; its folder says what it had. */
  interrupted: "REACH-E3002",
  /** The engine asks for an effect that this host does not have. */
  unknownEffect: "REACH-E3003",
  /** The run waits for an event, a person or a time that does not come now; it can be resumed. */
  waiting: "REACH-E3004",
  /** A line of events that is not an event, or their source has failed. */
  badEvent: "REACH-E3005",
  /** A line of commands that is not a command, or their source has failed. */
  badCommand: "REACH-E3006",
  /** The run is suspended, and nothing will resume it. */
  suspended: "REACH-E3007",
  /** An effect that is not open, or has not begun: nothing can be said of it. */
  notOpen: "REACH-E3008",
  /** The run is stuck: this machine lacks what an effect needs. */
  stuck: "REACH-E3009",
  /** The engine is in use by another run. */
  engineInUse: "REACH-E3010",
  /** The run keeps as many messages as it can. */
  inboxFull: "REACH-E3011",
  /** What is given to a run holds a secret of it. */
  secretGiven: "REACH-E3012",
  // 31xx a request is denied: notes of the operator, in no trace
  /** The grant does not allow the request. */
  notGranted: "REACH-E3102",
  /** The URI, method or header is not one that the host sends. */
  badRequest: "REACH-E3103",
  /** The name leads to an address that is not public. */
  badAddress: "REACH-E3104",
  /** Denied for another reason. */
  otherDenial: "REACH-E3105",
  /** Credentials that are not granted there, missing or malformed. */
  badCredentials: "REACH-E3106",
  /** The model is not granted, or no provider is given for it. */
  noModel: "REACH-E3107",
  /** The MCP call is not granted. */
  noMcpCall: "REACH-E3108",
  /** The authority gives no token. */
  noToken: "REACH-E3109",
  /** What came back holds a secret. */
  secretCaught: "REACH-E3110",
  /** The folder is not granted for this, or no directory is given for it. */
  noFolder: "REACH-E3111",
  /** The path is not one that leads down from a folder. */
  badPath: "REACH-E3112",
  /** What is there is a link, a device, or a file that has other names, or may not be opened. */
  notPlain: "REACH-E3113",
  // 32xx a request failed: notes of the operator, in no trace
  /** A request failed for another reason. */
  otherFailure: "REACH-E3200",
  /** A redirect to what the grant does not allow. */
  badRedirect: "REACH-E3210",
  /** More redirects than the host follows. */
  manyRedirects: "REACH-E3211",
  /** No answer in time. */
  timeout: "REACH-E3220",
  /** The answer is larger than allowed. */
  largeAnswer: "REACH-E3221",
  /** The answer is encoded, unasked. */
  encodedAnswer: "REACH-E3222",
  /** The connection was refused. */
  refused: "REACH-E3230",
  /** The connection was reset. */
  reset: "REACH-E3231",
  /** The name could not be resolved. */
  noAddress: "REACH-E3232",
  /** TLS failed. */
  tls: "REACH-E3233",
  /** What answered does not speak the protocol. */
  protocol: "REACH-E3234",
  /** The gRPC definition lacks the method, or the message cannot hold the arguments. */
  grpcDefinition: "REACH-E3235",
  /** An effect has thrown, or given what no record can hold. */
  unfit: "REACH-E3236",
  /** There is no such file in a folder of the grant. */
  noSuchFile: "REACH-E3237",
  /** There is such a file already. */
  fileThere: "REACH-E3238",
  /** This machine could not perform an effect: no answer, and in no record. */
  trouble: "REACH-E3240",
  // 41xx files, folders, registries and logs
  /** A file cannot be read. */
  unreadable: "REACH-E4101",
  /** There is no such file. */
  missing: "REACH-E4102",
  /** A file is too large, or there are too many. */
  tooLarge: "REACH-E4103",
  /** Not a regular file. */
  notAFile: "REACH-E4104",
  /** The disk is full. */
  full: "REACH-E4110",
  /** A file cannot be written. */
  unwritable: "REACH-E4111",
  /** The folder to write into is not empty. */
  notEmpty: "REACH-E4112",
  /** Another command is changing the file. */
  fileInUse: "REACH-E4114",
  /** Another process has claimed the run meanwhile. */
  leaseLost: "REACH-E4115",
  /** A label of a run that is too long, or one too many. */
  badLabel: "REACH-E4116",
  /** A store would not keep what it is given. */
  notDurable: "REACH-E4117",
  /** A pack cannot hold a file of this name. */
  badName: "REACH-E4120",
  /** A file of the pack is reached through a symbolic link. */
  symbolicLink: "REACH-E4121",
  /** A file of a pack's folder is not what pack.json says. */
  changedFile: "REACH-E4122",
  /** Not the folder of a run, or one of a form that this version does not read. */
  notARun: "REACH-E4130",
  /** The folder of a run is damaged, or the engine computes something else. */
  damagedRun: "REACH-E4131",
  /** Others may read the secrets. */
  openSecrets: "REACH-E4132",
  /** A secret is too short to be told from other texts. */
  shortSecret: "REACH-E4133",
  /** Not a vault: another form, cut, or changed in its layout. */
  notAVault: "REACH-E4134",
  /** The passphrase does not open the vault. */
  wrongPassphrase: "REACH-E4135",
  /** The vault was changed by something that does not have its key. */
  changedVault: "REACH-E4136",
  /** The vault is older than it was, or another one of the same number. */
  olderVault: "REACH-E4137",
  /** There is no such secret, or none that is former. */
  noSecret: "REACH-E4138",
  /** There is such a secret already. */
  secretThere: "REACH-E4139",
  /** The pack, or a run, is one for another engine. */
  otherEngine: "REACH-E4140",
  /** Not the name of a thing in a registry. */
  badReference: "REACH-E4141",
  /** A registry cannot be reached. */
  noRegistry: "REACH-E4142",
  /** A registry does not let in. */
  noEntrance: "REACH-E4143",
  /** A registry refused. */
  registryRefused: "REACH-E4144",
  /** A registry gives something else than it was asked for. */
  registryMismatch: "REACH-E4145",
  /** What a registry has is not a pack. */
  notAPack: "REACH-E4146",
  /** A registry asks for a token of a host that was not named. */
  otherTokenHost: "REACH-E4147",
  /** Not credentials for a registry. */
  badRegistryCredentials: "REACH-E4148",
  /** A file of a folder of secrets that holds no value as it has to be. */
  badValueFile: "REACH-E4150",
  /** The environment lacks a variable that a secret names. */
  noVariable: "REACH-E4151",
  /** A folder of the grant has no directory, or that is not there. */
  noDirectory: "REACH-E4152",
  /** Not the folder of a log. */
  notALog: "REACH-E4160",
  /** A log is damaged. */
  damagedLog: "REACH-E4161",
  /** Another process is writing to the log. */
  logInUse: "REACH-E4162",
  /** The key of another log. */
  otherLogKey: "REACH-E4163",
  /** The log is closed. */
  logClosed: "REACH-E4164",
  /** Another process has written to the log. */
  logTouched: "REACH-E4165",
  /** The log has stopped after an error. */
  logStopped: "REACH-E4166",
  /** The log has no such entry. */
  noEntry: "REACH-E4167",
  /** The server of a log does not give it. */
  noLogServer: "REACH-E4170",
  /** The pack says whom its runs are about, and there is no key to note it. */
  noMatterKey: "REACH-E4171",
  /** The file of a security log is a link, somebody else's, or others may use it. */
  badSecurityLog: "REACH-E4180",
  /** A security log takes no such event. */
  badSecurityEvent: "REACH-E4181",
  /** A security log could not be written: what was under way went on. */
  securityLogFailed: "REACH-E4182",
  // 42xx documents; 4210 to 4217 are the schema's own (problemCode)
  /** Neither a JSON nor a YAML file. */
  unknownFormat: "REACH-E4200",
  /** YAML is malformed. */
  badYaml: "REACH-E4201",
  /** A key comes twice. */
  duplicateKey: "REACH-E4202",
  /** Not UTF-8, or a byte order mark. */
  badEncoding: "REACH-E4203",
  /** A lone surrogate. */
  loneSurrogate: "REACH-E4204",
  /** An integer that no double holds. */
  badInteger: "REACH-E4205",
  /** A number that JSON does not have. */
  badNumber: "REACH-E4206",
  /** No document in the file, or several. */
  notOneDocument: "REACH-E4207",
  /** A feature of YAML that is refused. */
  refusedYaml: "REACH-E4208",
  /** Nested too deep, too large, or aliases that grow. */
  tooDeep: "REACH-E4209",
} as const;
