// Alarms: what somebody has to look at, and who is told.
import { listed } from 'checks.bicep'

param location string
param tags { *: string }

@description('What the names of the rules begin with.')
param prefix string
param serviceBusNamespaceId string
param workspaceId string

@description('The resource that the app sends its telemetry to; others may share the workspace.')
param applicationInsightsId string

@description('Who is told by e-mail; empty: nobody is, and the portal alone shows the alarms.')
param alertEmail string

@description('Addresses that alarms are posted to, in the common alert schema; each carries its own secret.')
@secure()
param webhooks string

@description('Where the runbook is to be read; an alarm links to its own heading there.')
param runbook string

@description('False where no hybrid worker is to be heard of: topology cloud, or none is connected yet.')
param expectsWorker bool

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${prefix}-operators'
  location: 'Global'
  tags: tags
  properties: {
    // Twelve characters at most.
    groupShortName: 'sspr-rollout'
    enabled: true
    emailReceivers: empty(alertEmail) ? [] : [
      {
        name: 'operators'
        emailAddress: alertEmail
        useCommonAlertSchema: true
      }
    ]
    webhookReceivers: map(listed(webhooks), (address, number) => {
      name: 'webhook-${number + 1}'
      serviceUri: address
      useCommonAlertSchema: true
    })
  }
}

// A platform metric: it is there even where the app is not.
// Source: supported metrics of Microsoft.ServiceBus/namespaces, Microsoft Learn.
resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${prefix}-dead-letters'
  location: 'global'
  tags: tags
  properties: {
    description: 'A queue has dead letters: a message could not be dealt with, however often it was tried. First: sspr dead-letters list. See ${runbook}#dead-letters'
    severity: 1
    enabled: true
    autoMitigate: true
    scopes: [serviceBusNamespaceId]
    windowSize: 'PT5M'
    evaluationFrequency: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'dead-letters'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'DeadletteredMessages'
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [
            {
              name: 'EntityName'
              operator: 'Include'
              values: ['*']
            }
          ]
        }
      ]
    }
    actions: [
      {
        actionGroupId: operators.id
      }
    ]
  }
}

// A queue that is drained comes to nothing now and then, and its least number of active messages is
// zero: the app takes a thousand at once, ends a batch within half a lock of five minutes, and keeps
// for later (which counts as scheduled, not as active) what it cannot do yet. The worker lets a
// command go once it is answered. So what has not come to nothing within half an hour
// is not drained, or more comes than is done. No less: Flex Consumption takes minutes to wake an app.
resource stalledQueues 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${prefix}-queue-stalled'
  location: 'global'
  tags: tags
  properties: {
    description: 'A queue has held messages for half an hour without a break: nobody takes them, or not as fast as they come. First: look which queue, and whether its number falls; then sspr health. See ${runbook}#queue-stalled'
    severity: 1
    enabled: true
    autoMitigate: true
    scopes: [serviceBusNamespaceId]
    windowSize: 'PT30M'
    evaluationFrequency: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'active-messages'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'ActiveMessages'
          timeAggregation: 'Minimum'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [
            {
              name: 'EntityName'
              operator: 'Include'
              values: ['*']
            }
          ]
        }
      ]
    }
    actions: [
      {
        actionGroupId: operators.id
      }
    ]
  }
}

// How far behind the app is where it is at work: an import of everybody, or an app too small for it.
resource deepQueues 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${prefix}-queue-deep'
  location: 'global'
  tags: tags
  properties: {
    description: 'On average more than ten thousand messages have waited in a queue for a quarter of an hour. First: look which queue, and whether its number falls; then sspr status. See ${runbook}#queue-deep'
    severity: 2
    enabled: true
    autoMitigate: true
    scopes: [serviceBusNamespaceId]
    windowSize: 'PT15M'
    evaluationFrequency: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'waiting-messages'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'ActiveMessages'
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          threshold: 10000
          dimensions: [
            {
              name: 'EntityName'
              operator: 'Include'
              values: ['*']
            }
          ]
        }
      ]
    }
    actions: [
      {
        actionGroupId: operators.id
      }
    ]
  }
}

// What is a state ends by itself; what has happened once is told once, so that its window is as
// long as its frequency. Where nothing is heard any more a metric has no value to compare, and an
// alert on it does not fire: the silence of the worker and of the app is counted by a query.
var rules = [
  {
    name: 'rollout-paused'
    description: 'The rollout has paused by itself and waits for an operator.'
    first: 'sspr status'
    severity: 1
    query: loadTextContent('../monitoring/rollout-paused.kql')
    window: 'PT2H'
    frequency: 'PT5M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['wave', 'pause']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'writing-stopped'
    description: 'Everything that writes is stopped: nobody is put in or taken out.'
    first: 'sspr status; sspr start when the reason is over'
    severity: 1
    query: loadTextContent('../monitoring/writing-stopped.kql')
    window: 'PT15M'
    frequency: 'PT5M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['reason']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'gate-failed'
    description: 'A gate of the current wave fails; at its limit the rollout pauses.'
    first: 'sspr gates -n 5'
    severity: 2
    query: loadTextContent('../monitoring/gate-failed.kql')
    window: 'PT15M'
    frequency: 'PT5M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['wave', 'gate']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'condition-failed'
    description: 'What a gate asks of the worker, AD, the sync or the backlog does not hold, whatever the rollout does.'
    first: 'sspr status'
    severity: 2
    query: loadTextContent('../monitoring/condition-failed.kql')
    window: 'PT15M'
    frequency: 'PT5M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['gate']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'writeback-failures'
    description: 'Too many self-service resets cannot be written to Active Directory.'
    first: 'reset a test person\'s password, and tell the helpdesk'
    severity: 1
    query: loadTextContent('../monitoring/writeback-failures.kql')
    window: 'PT15M'
    frequency: 'PT5M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: []
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'drift-held'
    description: 'Somebody else changed more memberships than are repaired unasked.'
    first: 'sspr status, and find who else writes the group'
    severity: 1
    query: loadTextContent('../monitoring/drift-held.kql')
    window: 'PT1H'
    frequency: 'PT15M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: []
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'dead-letter-found'
    description: 'More dead letters lie in a queue than at the look before.'
    first: 'sspr dead-letters list'
    severity: 2
    query: loadTextContent('../monitoring/dead-letter-found.kql')
    window: 'PT15M'
    frequency: 'PT15M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['queue']
    stateful: false
    quietFor: ''
    enabled: true
  }
  {
    name: 'drift-found'
    description: 'Somebody else changes memberships again and again, or many of them.'
    first: 'sspr status, and find who else writes the group'
    severity: 2
    query: loadTextContent('../monitoring/drift-found.kql')
    window: 'PT6H'
    frequency: 'PT30M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: []
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'delta-sync-problem'
    description: 'A worker has reported trouble with the delta sync three times within two hours.'
    first: 'sspr status, the table Workers'
    severity: 3
    query: loadTextContent('../monitoring/delta-sync-problem.kql')
    window: 'PT2H'
    frequency: 'PT15M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 2
    dimensions: ['worker']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'command-unanswered'
    description: 'Commands for three people or more were not answered within an hour, however often they were issued.'
    first: 'sspr status, the table Workers'
    severity: 2
    query: loadTextContent('../monitoring/command-unanswered.kql')
    window: 'PT1H'
    frequency: 'PT15M'
    measure: 'people'
    operator: 'GreaterThan'
    threshold: 2
    dimensions: []
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'person-flagged'
    description: 'Five people or more were flagged within a day for one reason.'
    first: 'look in the workbook at People who do not move, by reason'
    severity: 3
    query: loadTextContent('../monitoring/person-flagged.kql')
    window: 'P1D'
    frequency: 'PT1H'
    measure: 'people'
    operator: 'GreaterThan'
    threshold: 4
    dimensions: ['reason']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'worker-silent'
    description: 'No hybrid worker has been heard of for half an hour; each reports every minute.'
    first: 'look on the worker\'s host whether the service runs, and at its log'
    severity: 1
    query: loadTextContent('../monitoring/worker-silent.kql')
    // Lines reach the workspace late, at times by many minutes: a shorter window takes that for
    // silence. Source: "Types of Azure Monitor alerts", Microsoft Learn.
    window: 'PT30M'
    frequency: 'PT5M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: []
    stateful: true
    quietFor: ''
    enabled: expectsWorker
  }
  {
    name: 'app-silent'
    description: 'None of the app\'s timers has come to an end for half an hour: it does not run, or its clock stands still.'
    first: 'open the function app in the portal: does it run?'
    severity: 1
    query: loadTextContent('../monitoring/app-silent.kql')
    // As long as the worker's, for the same reason.
    window: 'PT30M'
    frequency: 'PT5M'
    measure: 'ended'
    operator: 'LessThan'
    threshold: 1
    dimensions: []
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'timer-overdue'
    description: 'A timer of the app has not come to a good end for too long: reconciling, reading the report, or the minute\'s work fails.'
    first: 'look at the failed functions in the workbook'
    severity: 1
    query: loadTextContent('../monitoring/timer-overdue.kql')
    // Longer than the longest that a timer is allowed.
    window: 'PT3H'
    frequency: 'PT5M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['timer']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'app-misconfigured'
    description: 'The set-up of the app is wrong, and it does nothing.'
    first: 'sspr health'
    severity: 1
    query: loadTextContent('../monitoring/app-misconfigured.kql')
    window: 'PT2H'
    frequency: 'PT5M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['problem']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'work-postponed'
    description: 'Batches cannot be done and are given back; nothing is lost.'
    first: 'sspr health'
    severity: 2
    query: loadTextContent('../monitoring/work-postponed.kql')
    window: 'PT15M'
    frequency: 'PT5M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 3
    dimensions: ['queue']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'messages-refused'
    description: 'A message could not be understood; it is kept.'
    first: 'sspr refused'
    severity: 2
    query: loadTextContent('../monitoring/messages-refused.kql')
    window: 'PT15M'
    frequency: 'PT15M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['queue']
    stateful: false
    quietFor: ''
    enabled: true
  }
  {
    name: 'sender-refused'
    description: 'An HR system cannot prove who it is, or somebody else sends in its name.'
    first: 'look at the sender\'s clock, or name its application in the file of sources'
    severity: 2
    query: loadTextContent('../monitoring/sender-refused.kql')
    window: 'PT15M'
    frequency: 'PT15M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['source']
    stateful: false
    // Anybody may knock in a source's name as often as they like.
    quietFor: 'P1D'
    enabled: true
  }
  {
    name: 'source-silent'
    description: 'An HR system that has sent before sends nothing for longer than its file allows.'
    first: 'sspr status, the table HR sources; then ask whoever runs that system'
    severity: 2
    query: loadTextContent('../monitoring/source-silent.kql')
    // Three times as long as from one telling to the next.
    window: 'PT2H'
    frequency: 'PT15M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['source']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'events-held'
    description: 'A sender moves more people at once than it may; an operator has to let them through, or drop them.'
    first: 'sspr held list'
    severity: 1
    query: loadTextContent('../monitoring/events-held.kql')
    window: 'PT15M'
    frequency: 'PT15M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['source', 'direction']
    stateful: false
    quietFor: ''
    enabled: true
  }
  {
    name: 'plan-unsafe'
    description: 'What was to be done would have touched too many people; nothing was done.'
    first: 'sspr status'
    severity: 1
    query: loadTextContent('../monitoring/plan-unsafe.kql')
    window: 'PT1H'
    frequency: 'PT15M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['of']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'scope-changed'
    description: 'The AD group no longer counts in Entra, or people in scope were converted to another source of authority.'
    first: 'sspr status'
    severity: 1
    query: loadTextContent('../monitoring/scope-changed.kql')
    window: 'PT15M'
    frequency: 'PT5M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['event', 'reason']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'sspr-scope-wrong'
    description: 'SSPR is off, on for all or for another group, or somebody changed it and nobody can tell to what.'
    first: 'sspr status'
    severity: 1
    query: loadTextContent('../monitoring/sspr-scope-wrong.kql')
    window: 'PT15M'
    frequency: 'PT5M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['finding']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'resets-lost'
    description: 'People who could reset a password no longer can.'
    first: 'sspr forecast'
    severity: 1
    query: loadTextContent('../monitoring/resets-lost.kql')
    window: 'PT2H'
    frequency: 'PT30M'
    measure: 'people'
    operator: 'GreaterThan'
    threshold: 20
    dimensions: ['reason']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'ending-soon'
    description: 'A certificate, a password or an account that the product works by ends within a month.'
    first: 'sspr status, the table Ends soon; plan the renewal'
    severity: 3
    query: loadTextContent('../monitoring/ending-soon.kql')
    // Three times as long as from one telling to the next.
    window: 'PT3H'
    frequency: 'PT30M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['what', 'item']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'ending-urgent'
    description: 'A certificate, a password or an account that the product works by ends within a week, or has ended.'
    first: 'sspr status, the table Ends soon; renew it now'
    severity: 1
    query: loadTextContent('../monitoring/ending-urgent.kql')
    // Three times as long as from one telling to the next.
    window: 'PT3H'
    frequency: 'PT30M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['what', 'item']
    stateful: true
    quietFor: ''
    enabled: true
  }
  {
    name: 'alarm-test'
    description: 'This is a test that an operator has asked for: nothing is wrong.'
    first: 'tell whoever asked that it has come'
    severity: 3
    query: loadTextContent('../monitoring/alarm-test.kql')
    window: 'PT5M'
    frequency: 'PT5M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: ['alarm']
    stateful: false
    quietFor: ''
    enabled: true
  }
  {
    name: 'logs-capped'
    description: 'The day\'s volume of logs is reached: until it is reset no other alarm sees anything.'
    first: 'sspr status, and the workspace\'s Usage and estimated costs'
    severity: 1
    query: loadTextContent('../monitoring/logs-capped.kql')
    window: 'PT15M'
    frequency: 'PT15M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 0
    dimensions: []
    stateful: false
    quietFor: ''
    enabled: true
  }
  {
    name: 'function-failures'
    description: 'A function fails again and again.'
    first: 'look at the failed functions in the workbook'
    severity: 2
    query: loadTextContent('../monitoring/function-failures.kql')
    window: 'PT15M'
    frequency: 'PT5M'
    measure: ''
    operator: 'GreaterThan'
    threshold: 3
    dimensions: ['function']
    stateful: true
    quietFor: ''
    enabled: true
  }
]

module logRules '../monitoring/log-rule.bicep' = [for rule in rules: {
  params: {
    location: location
    tags: tags
    name: '${prefix}-${rule.name}'
    explanation: '${rule.description} First: ${rule.first}. See ${runbook}#${rule.name}'
    severity: rule.severity
    enabled: rule.enabled
    workspaceId: workspaceId
    query: replace(rule.query, '__applicationInsightsId__', applicationInsightsId)
    window: rule.window
    frequency: rule.frequency
    measure: rule.measure
    operator: rule.operator
    threshold: rule.threshold
    dimensions: rule.dimensions
    stateful: rule.stateful
    quietFor: rule.quietFor
    actionGroupId: operators.id
  }
}]
