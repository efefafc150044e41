// One rule over the workspace: a query, looked at every so often over a window of time.
param location string
param tags { *: string }
param name string

@description('What has happened, and what to do first; the alarm shows it.')
param explanation string

@description('From 0, critical, to 4.')
param severity int
param enabled bool
param workspaceId string
param query string

@description('ISO 8601; not shorter than the frequency, or something could happen unseen.')
param window string
param frequency string

@description('The column that is compared; empty: the number of rows is.')
param measure string
param operator string
param threshold int

@description('Columns whose values are alarms of their own.')
param dimensions string[]

@description('Whether the alarm ends by itself once the query finds no more.')
param stateful bool

@description('For how long nobody is told again once somebody was, ISO 8601; empty: of each time. Only where it is not stateful.')
param quietFor string
param actionGroupId string

resource rule 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: name
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: name
    description: explanation
    severity: severity
    enabled: enabled
    scopes: [workspaceId]
    windowSize: window
    evaluationFrequency: frequency
    autoMitigate: stateful
    muteActionsDuration: empty(quietFor) ? null : quietFor
    // A workspace of a few seconds does not know the tables yet that telemetry fills, and the
    // deployment would fail for that. The queries are checked in the tests. Source: pull requests 422
    // of mspnp/aks-baseline and 586 of learntocloud/learn-to-cloud-app.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: query
          timeAggregation: empty(measure) ? 'Count' : 'Total'
          metricMeasureColumn: empty(measure) ? null : measure
          operator: operator
          threshold: threshold
          dimensions: [for column in dimensions: {
            name: column
            operator: 'Include'
            values: ['*']
          }]
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [actionGroupId]
    }
  }
}
