// What a parameter's type cannot say of its value. A deployment that would only fail half way, or make
// what nobody meant, ends here before its first resource, with a sentence.

func consistsOf(text string, characters string) bool =>
  empty(filter(range(0, length(text)), at => !contains(characters, substring(text, at, 1))))

func isGuid(text string) bool =>
  length(text) == 36 && length(split(text, '-')) == 5 && consistsOf(toLower(text), '0123456789abcdef-')

@export()
@description('The parts of a list that is written with commas.')
func listed(text string) string[] => filter(split(replace(text, ' ', ''), ','), part => !empty(part))

@export()
@description('The object or client id, or nothing where nothing is given.')
func checkedId(parameter string, value string) string =>
  empty(value) || isGuid(value) ? value : fail('${parameter}: "${value}" is no object id or client id')

@export()
@description('The object ids of a list.')
func checkedIds(parameter string, text string) string => join(map(listed(text), id => checkedId(parameter, id)), ',')

func isSecretName(name string) bool =>
  length(name) <= 127 && consistsOf(toLower(name), 'abcdefghijklmnopqrstuvwxyz0123456789-')

@export()
@description('The names of the secrets in a list. Two that make one setting are refused by toObject.')
func checkedSecretNames(parameter string, text string) string[] =>
  map(listed(text), name => isSecretName(name) ? name : fail('${parameter}: a vault has no secret "${name}"; letters, digits and hyphens'))

@export()
@description('The address, or nothing where nothing is given.')
func checkedEmail(parameter string, value string) string =>
  empty(value) || (length(split(value, '@')) == 2 && !contains(value, ' ') && !contains(value, ',')) ? value : fail('${parameter}: "${value}" is not one e-mail address')

func nameOf(setting string) string => first(split(setting, '='))

@export()
@description('The settings of a text NAME=VALUE;NAME=VALUE.')
func checkedSettings(parameter string, text string) { *: string } =>
  toObject(
    map(filter(split(text, ';'), part => !empty(trim(part))), part => contains(part, '=') ? trim(part) : fail('${parameter}: "${part}" is not NAME=VALUE')),
    setting => nameOf(setting),
    setting => substring(setting, length(nameOf(setting)) + 1)
  )

@export()
@description('How a storage account is kept safe.')
type redundancy = 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS'

@export()
@description('The redundancy, where the region has it.')
func checkedRedundancy(parameter string, chosen redundancy, region string, withoutZones string[]) redundancy =>
  contains(chosen, 'ZRS') && contains(withoutZones, region) ? fail('${parameter}: ${region} has no zones for ${chosen}; choose Standard_LRS or Standard_GRS (infra/regions.json)') : chosen

@export()
@description('The network, where the subnets of the app and of the private endpoints fit into it.')
func checkedNetwork(parameter string, prefix string) string =>
  parseCidr(prefix).cidr <= 25 ? prefix : fail('${parameter}: ${prefix} is too small for two subnets of 64 addresses; /25 at least')
